// SPDX-License-Identifier: Apache-2.0

// Package harness runs the real parts that tests and the demo need: an API server and etcd, kubectl, the manager binary
// under the identity and permissions that config/ gives it, and what the API server's audit log says of it.
package harness
