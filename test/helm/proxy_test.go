// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"net/url"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"golang.org/x/net/http/httpproxy"
)

// TestTheAPIServerIsReachedWithoutTheProxy asks Go's own reading of the variables that the chart sets. Kubernetes gives every
// container the address of the API server's Service, and fills it in.
func TestTheAPIServerIsReachedWithoutTheProxy(t *testing.T) {
	text, err := newHelm(t, versions[0]).render(t.Context(), chartFolder(t), "--values=testdata/options/proxy.yaml")
	must(t, err)
	for name, host := range map[string]string{"IPv4": "172.20.0.1", "IPv6": "fd00:10::1"} {
		t.Run(name, func(t *testing.T) {
			variables := map[string]string{}
			for _, variable := range deploymentOf(t, text).Spec.Template.Spec.Containers[0].Env {
				variables[variable.Name] = strings.ReplaceAll(variable.Value, "$(KUBERNETES_SERVICE_HOST)", host)
			}
			if name == "IPv6" {
				host = "[" + host + "]"
			}
			config := httpproxy.Config{HTTPSProxy: variables["HTTPS_PROXY"], NoProxy: variables["NO_PROXY"]}
			for target, want := range map[string]bool{
				"https://" + host + ":443":       false,
				"https://api.vectara.io":         true,
				"https://auth.vectara.io":        true,
				"https://10.96.3.4":              false, // a network in noProxy
				"https://10.112.0.1":             true,
				"https://vectara.example.com":    false, // a domain in noProxy
				"https://vectara.example.com.cn": true,
			} {
				u, err := url.Parse(target)
				must(t, err)
				proxy, err := config.ProxyFunc()(u)
				must(t, err)
				if (proxy != nil) != want {
					t.Errorf("%s goes through the proxy %v, want one: %t", target, proxy, want)
				}
			}
		})
	}
}

func deploymentOf(t *testing.T, rendered string) *appsv1.Deployment {
	t.Helper()
	for _, object := range parse(t, rendered) {
		if object.GetKind() == "Deployment" {
			var deployment appsv1.Deployment
			must(t, runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, &deployment, true))
			return &deployment
		}
	}
	t.Fatal("There is no Deployment")
	return nil
}
