// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"path/filepath"
)

// linger leaves everything running until Ctrl-C, and says how to use it meanwhile.
func (d *demo) linger(ctx context.Context) {
	d.lingered = true
	d.out.heading("Everything goes on running until you press Ctrl-C here")
	d.out.line("In another terminal:\n")
	d.out.line("  export KUBECONFIG=%s", d.cluster.Kubeconfig)
	d.out.line("  export PATH=%s:$PATH   # for kubectl", d.kubectlFolder())
	d.out.line("")
	d.out.line("The simulated Vectara is at %s. To try:\n", d.vectara.URL())
	d.out.line("  # Ask Vectara once more about a job that has ended.")
	d.out.line("  kubectl annotate vj completes -n %s --overwrite jobs.vectara.io/requestedAt=\"$(date)\"", namespace)
	d.out.line("  # Break the credentials. The jobs that are still open say so at once.")
	d.out.line("  kubectl patch secret vectara-credentials -n %s -p '{\"stringData\":{\"api-key\":\"a-key-of-nobody\"}}'; kubectl get vj -n %s -w", namespace, namespace)
	d.out.line("  # Start another job, which takes 10 s, and get its ID for a VectaraJob.")
	d.out.line("  curl -H 'x-api-key: %s' -d '{}' %s/v2/corpora/legal/replace_filter_attributes", demoKey(), d.vectara.URL())
	<-ctx.Done()
}

// kubectlFolder is where the kubectl is that the demo uses.
func (d *demo) kubectlFolder() string {
	return filepath.Dir(d.cluster.KubectlCommand(context.Background()).Path)
}
