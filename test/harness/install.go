// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	sigsyaml "sigs.k8s.io/yaml"
)

const (
	// OperatorNamespace is where config/default puts the operator.
	OperatorNamespace = "vectara-job-operator-system"
	// ServiceAccount is the identity that config/default gives the operator.
	ServiceAccount = "vectara-job-operator-controller-manager"
	// OperatorUser is the name of that identity to the API server.
	OperatorUser = "system:serviceaccount:" + OperatorNamespace + ":" + ServiceAccount
)

// tokenLifetime is longer than any test or demo.
const tokenLifetime = 24 * 60 * 60

// Install applies config/default with kubectl, but for the Deployment: there are no nodes to run it, and the manager is
// run as a process instead. It returns when the API server serves VectaraJobs.
func (c *ControlPlane) Install(ctx context.Context) error {
	return c.InstallFrom(ctx, "config/default")
}

// InstallFrom does the same with another kustomization.
func (c *ControlPlane) InstallFrom(ctx context.Context, folder string) error {
	rendered, err := c.Kubectl(ctx, "kustomize", folder)
	if err != nil {
		return err
	}
	manifests, err := without(rendered, "Deployment")
	if err != nil {
		return err
	}
	if err := c.Apply(ctx, manifests); err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd/vectarajobs.jobs.vectara.io")
	return err
}

// Apply applies manifests with kubectl, on the server.
func (c *ControlPlane) Apply(ctx context.Context, manifests []byte) error {
	_, err := c.kubectl(ctx, manifests, "apply", "--server-side", "-f", "-")
	return err
}

// without leaves the objects of a kind out of a stream of manifests.
func without(stream, kind string) ([]byte, error) {
	var kept bytes.Buffer
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(stream), 4096)
	for {
		var object unstructured.Unstructured
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return kept.Bytes(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading manifests: %w", err)
		}
		if object.GetKind() == kind {
			continue
		}
		document, err := sigsyaml.Marshal(object.Object)
		if err != nil {
			return nil, err
		}
		kept.WriteString("---\n")
		kept.Write(document)
	}
}

// OperatorKubeconfig writes a kubeconfig with a token of the operator's service account, so that whoever uses it may do
// what config/rbac lets the operator do and nothing else.
func (c *ControlPlane) OperatorKubeconfig(ctx context.Context) (string, error) {
	return c.ServiceAccountKubeconfig(ctx, OperatorNamespace, ServiceAccount)
}

// ServiceAccountKubeconfig does the same for another service account.
func (c *ControlPlane) ServiceAccountKubeconfig(ctx context.Context, namespace, account string) (string, error) {
	clients, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return "", err
	}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](tokenLifetime)}}
	response, err := clients.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("getting a token for %s: %w", account, err)
	}
	const name = "operator"
	kubeconfig := clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{name: {
			Server: c.Config.Host, CertificateAuthorityData: c.Config.CAData,
		}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {Token: response.Status.Token}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name, Namespace: namespace}},
		CurrentContext: name,
	}
	file, err := os.CreateTemp(c.folder, "operator-*.kubeconfig")
	if err != nil {
		return "", err
	}
	if err := file.Close(); err != nil {
		return "", err
	}
	return filepath.Clean(file.Name()), clientcmd.WriteToFile(kubeconfig, file.Name())
}
