// SPDX-License-Identifier: Apache-2.0

package main

import "context"

// inspect shows what somebody sees who comes later.
func (d *demo) inspect(ctx context.Context) error {
	return d.kubectl(ctx, "get", "vj", "-n", namespace, "-o", "wide")
}
