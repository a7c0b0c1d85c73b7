// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"path/filepath"
	"strings"
	"time"
)

// logPause is how long a line of the manager's log may wait until it is shown.
const logPause = 300 * time.Millisecond

// linger leaves everything running until Ctrl-C, says how to use it meanwhile, and shows what the manager logs.
func (d *demo) linger(ctx context.Context) error {
	// Namespaces that are deleted go away only where something empties them.
	if err := d.cluster.StartControllerManager(); err != nil {
		return err
	}
	d.lingered = true
	d.out.heading("Everything goes on running until you press Ctrl-C here")
	d.out.line("In another terminal:\n")
	d.out.line("  export KUBECONFIG=%s", d.cluster.Kubeconfig)
	d.out.line("  export PATH=%s:$PATH   # for kubectl", d.kubectlFolder())
	d.out.line("")
	d.out.line("The simulated Vectara is at %s. To try:\n", d.vectara.URL())
	d.out.line("  # Have a job that has ended polled once more.")
	d.out.line("  kubectl annotate vj completes -n %s --overwrite jobs.vectara.io/requestedAt=\"$(date)\"", namespace)
	d.out.line("  # Break the credentials. The jobs that are still open say so at once.")
	d.out.line("  kubectl patch secret vectara-credentials -n %s -p '{\"stringData\":{\"api-key\":\"a-key-of-nobody\"}}'; kubectl get vj -n %s -w", namespace, namespace)
	d.out.line("  # Start another job, which takes 10 s, and get its ID for a VectaraJob.")
	d.out.line("  curl -H 'x-api-key: %s' -d '{}' %s/v2/corpora/legal/replace_filter_attributes", demoKey(), d.vectara.URL())
	d.out.line("  # Have the operator make a VectaraJob for every job that is started like this.")
	d.out.line("  kubectl apply -n %s -f config/samples/vectarajobdiscovery.yaml; kubectl get vjd,vj -n %s -w", namespace, namespace)
	d.out.line("  # Follow them with the plugin.")
	d.out.line("  make kubectl-plugin; export PATH=$PWD/bin:$PATH; kubectl vectara status -n %s", namespace)
	d.out.line("  # Take the operator away. Without its permissions the manager ends soon after, and this demo with it.")
	d.out.line("  make undeploy")
	d.out.line("\nFrom here on, what the manager logs:\n")
	d.followLog(ctx)
	return nil
}

// followLog shows what the manager logs until the context ends, line by line.
func (d *demo) followLog(ctx context.Context) {
	ticker := time.NewTicker(logPause)
	defer ticker.Stop()
	shown := len(d.manager.Output())
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			added := d.manager.Output()[shown:]
			whole := added[:strings.LastIndexByte(added, '\n')+1]
			d.out.write(whole)
			shown += len(whole)
		}
	}
}

// kubectlFolder is where the kubectl is that the demo uses.
func (d *demo) kubectlFolder() string {
	return filepath.Dir(d.cluster.KubectlCommand(context.Background()).Path)
}
