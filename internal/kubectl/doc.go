// SPDX-License-Identifier: Apache-2.0

// Package kubectl is "kubectl vectara", the plugin for people who start jobs in Vectara and wait for them.
package kubectl
