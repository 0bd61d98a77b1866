// SPDX-License-Identifier: Apache-2.0

package exits

import (
	"go/types"
	"strings"
)

// ofInterface reports whether a method is the Fatal of a logger that is only known by its
// interface, if what the interface is or who implements it says that it ends the process.
func (k *Knowledge) ofInterface(method *types.Func) (Exit, bool) {
	recv := method.Signature().Recv()
	if recv == nil || !strings.HasPrefix(method.Name(), "Fatal") || method.Signature().Results().Len() > 0 {
		return Exit{}, false
	}
	iface, ok := recv.Type().Underlying().(*types.Interface)
	if !ok {
		return Exit{}, false
	}
	return k.answers.ask(method, func() (Exit, bool) {
		return Exit{}, leveled(iface) && k.implementedByExit(iface, method.Name())
	})
}

// leveled reports whether an interface is that of a logger with levels, among which is a
// fatal one.
func leveled(iface *types.Interface) bool {
	levels := map[string]bool{}
	for m := range iface.Methods() {
		for _, level := range []string{"Debug", "Info", "Warn", "Error", "Print"} {
			if strings.HasPrefix(m.Name(), level) {
				levels[level] = true
			}
		}
	}
	return len(levels) > 1
}

// implementedByExit reports whether a type whose method of that name ends the process
// implements an interface, as far as it is known here.
func (k *Knowledge) implementedByExit(iface *types.Interface, method string) bool {
	for fn := range k.exits {
		m, ok := fn.(*types.Func)
		if ok && m.Name() == method && m.Signature().Recv() != nil && types.Implements(m.Signature().Recv().Type(), iface) {
			return true
		}
	}
	return false
}
