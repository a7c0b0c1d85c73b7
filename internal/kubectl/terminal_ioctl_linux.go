// SPDX-License-Identifier: Apache-2.0

package kubectl

import "golang.org/x/sys/unix"

const (
	readTermios  = unix.TCGETS
	writeTermios = unix.TCSETS
)
