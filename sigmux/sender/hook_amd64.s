// SPDX-License-Identifier: Apache-2.0

//go:build linux && !quiesce_nosender

#include "go_asm.h"
#include "textflag.h"

// hook is the signal handler: C's calling convention, DI = signal number,
// SI = *siginfo, DX = *ucontext. It writes a record and jumps to Go's handler,
// with these three, the stack and all callee-saved registers as they were. It
// uses only registers that C lets a function change. See the types in hook.go.
//
// In a siginfo, si_code is at 8, si_pid at 16 and si_uid at 20.
TEXT hook<>(SB), NOSPLIT|NOFRAME, $0-0
	// R8 = the signal's page, CX = the record's number
	MOVL  DI, R8
	IMULQ $page__size, R8
	LEAQ  ·pages(SB), R9
	ADDQ  R9, R8
	MOVQ  $1, CX
	LOCK
	XADDQ CX, page_count(R8)

	// R9 = its slot: claim it, or leave it to an older record
	MOVQ     CX, R9
	ANDQ     $(const_numSlots-1), R9
	IMULQ    $slot__size, R9
	LEAQ     page_slots(R8)(R9*1), R9
	MOVQ     $const_slotFree, AX
	MOVQ     $const_slotBusy, R10
	LOCK
	CMPXCHGQ R10, slot_state(R9)
	JNE      on

	MOVL 8(SI), AX
	MOVL AX, slot_code(R9)
	MOVL 16(SI), AX
	MOVL AX, slot_pid(R9)
	MOVL 20(SI), AX
	MOVL AX, slot_uid(R9)
	ADDQ $const_published, CX
	MOVQ CX, slot_state(R9) // after the others: x86 keeps stores in order

on:
	LEAQ ·next(SB), AX
	MOVQ (AX), AX
	JMP  AX

// func hookPC() uintptr
TEXT ·hookPC(SB), NOSPLIT, $0-8
	LEAQ hook<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
