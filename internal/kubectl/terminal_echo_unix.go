// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package kubectl

import "golang.org/x/sys/unix"

// hideInput stops a terminal from showing what is typed, until restore is called.
func hideInput(fd int) (restore func() error, err error) {
	before, err := unix.IoctlGetTermios(fd, readTermios)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, writeTermios, &hidden); err != nil {
		return nil, err
	}
	return func() error { return unix.IoctlSetTermios(fd, writeTermios, before) }, nil
}
