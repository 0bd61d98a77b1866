// SPDX-License-Identifier: Apache-2.0

//go:build linux && !quiesce_nosender

#include "go_asm.h"
#include "textflag.h"

// hook is the signal handler: C's calling convention, R0 = signal number,
// R1 = *siginfo, R2 = *ucontext. It writes a record and jumps to Go's handler,
// with these three, the stack, the link register and all callee-saved registers
// as they were. It uses only R3 to R12, which C lets a function change, and no
// addressing for which the assembler would use R27. See the types in hook.go.
//
// In a siginfo, si_code is at 8, si_pid at 16 and si_uid at 20. Exclusive loads
// and stores instead of the atomics of ARMv8.1: every arm64 has them.
TEXT hook<>(SB), NOSPLIT|NOFRAME, $0-0
	// R3 = the signal's page, R5 = the record's number
	MOVWU R0, R4
	MOVD  $page__size, R5
	MUL   R5, R4, R4
	MOVD  $·pages(SB), R3
	ADD   R4, R3, R3

number:
	LDAXR (R3), R5 // page_count is at 0
	ADD   $1, R5, R6
	STLXR R6, (R3), R7
	CBNZ  R7, number

	// R8 = its slot: claim it, or leave it to an older record
	AND  $(const_numSlots-1), R5, R6
	MOVD $slot__size, R7
	MUL  R7, R6, R6
	ADD  $page_slots, R3, R8
	ADD  R6, R8, R8
	MOVD $const_slotBusy, R9

claim:
	LDAXR (R8), R10 // slot_state is at 0
	CBNZ  R10, on   // slotFree is 0
	STLXR R9, (R8), R7
	CBNZ  R7, claim

	MOVW 8(R1), R10
	MOVW R10, slot_code(R8)
	MOVW 16(R1), R10
	MOVW R10, slot_pid(R8)
	MOVW 20(R1), R10
	MOVW R10, slot_uid(R8)
	ADD  $const_published, R5, R5
	STLR R5, (R8) // after the others

on:
	MOVD $·next(SB), R11
	MOVD (R11), R11
	B    (R11)

// func hookPC() uintptr
TEXT ·hookPC(SB), NOSPLIT, $0-8
	MOVD $hook<>(SB), R0
	MOVD R0, ret+0(FP)
	RET
