// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/blang/semver/v4"
	olmversion "github.com/operator-framework/api/pkg/lib/version"
	olm "github.com/operator-framework/api/pkg/operators/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// watchNamespaces is the variable of the manager's flag --watch-namespaces.
	watchNamespaces = "VECTARA_JOB_OPERATOR_WATCH_NAMESPACES"
	// leaderElectionID is that of --leader-election-id, and lease the name that the roles allow. A manager that watches some
	// namespaces would make up a name of its own, for others to live in its namespace. With OLM, there are none.
	leaderElectionID = "VECTARA_JOB_OPERATOR_LEADER_ELECTION_ID"
	lease            = "vectara-job-operator.jobs.vectara.io"
)

func newCSV(o *objects, version string, created time.Time, examples string) (*olm.ClusterServiceVersion, error) {
	parsed, err := semver.Parse(version)
	if err != nil {
		return nil, fmt.Errorf("version %q: %w", version, err)
	}
	owned, err := ownedKinds(o)
	if err != nil {
		return nil, err
	}
	deployment := deploymentFor(o.deployment)
	return &olm.ClusterServiceVersion{
		TypeMeta: metav1.TypeMeta{APIVersion: olm.SchemeGroupVersion.String(), Kind: olm.ClusterServiceVersionKind},
		ObjectMeta: metav1.ObjectMeta{
			Name: packageName + ".v" + version,
			Annotations: map[string]string{
				"alm-examples":   examples,
				"capabilities":   "Seamless Upgrades",
				"categories":     "AI/Machine Learning, Integration & Delivery",
				"containerImage": deployment.Template.Spec.Containers[0].Image,
				"createdAt":      created.Format(time.RFC3339),
				"description":    summary,
				"repository":     repository,
				"support":        repository + "/issues",
			},
			// The platforms of the image.
			Labels: map[string]string{
				"operatorframework.io/arch.amd64": "supported", "operatorframework.io/arch.arm64": "supported",
				"operatorframework.io/os.linux": "supported",
			},
		},
		Spec: olm.ClusterServiceVersionSpec{
			DisplayName:    "Vectara job operator",
			Description:    description,
			Version:        olmversion.OperatorVersion{Version: parsed},
			Maturity:       maturity,
			MinKubeVersion: minKubernetes,
			Keywords:       []string{"vectara", "jobs", "search", "rag", "pipelines"},
			Maintainers:    []olm.Maintainer{{Name: packageName, Email: packageName + "@users.noreply.github.com"}},
			Provider:       olm.AppLink{Name: packageName, URL: repository},
			Links: []olm.AppLink{
				{Name: "Documentation", URL: repository + "/blob/main/README.md"},
				{Name: "Source", URL: repository},
			},
			Icon: []olm.Icon{{Data: base64.StdEncoding.EncodeToString(icon), MediaType: "image/svg+xml"}},
			// OLM says in an annotation of the pod which namespaces are meant: none, one, or some with commas between them. That is
			// how --watch-namespaces takes them.
			InstallModes: []olm.InstallMode{
				{Type: olm.InstallModeTypeOwnNamespace, Supported: true},
				{Type: olm.InstallModeTypeSingleNamespace, Supported: true},
				{Type: olm.InstallModeTypeMultiNamespace, Supported: true},
				{Type: olm.InstallModeTypeAllNamespaces, Supported: true},
			},
			CustomResourceDefinitions: olm.CustomResourceDefinitions{Owned: owned},
			InstallStrategy: olm.NamedInstallStrategy{
				StrategyName: olm.InstallStrategyNameDeployment,
				StrategySpec: olm.StrategyDetailsDeployment{
					DeploymentSpecs: []olm.StrategyDeploymentSpec{{
						Name: o.deployment.Name, Label: o.deployment.Labels, Spec: deployment,
					}},
					Permissions:        permissions(o, o.permissions),
					ClusterPermissions: permissions(o, o.clusterPermissions),
				},
			},
		},
	}, nil
}

// deploymentFor is the Deployment as OLM is to make it.
func deploymentFor(d *appsv1.Deployment) appsv1.DeploymentSpec {
	spec := *d.Spec.DeepCopy()
	// The image says who runs it. OpenShift gives each namespace user IDs of its own.
	if context := spec.Template.Spec.SecurityContext; context != nil {
		context.RunAsUser, context.RunAsGroup = nil, nil
	}
	container := &spec.Template.Spec.Containers[0]
	container.Env = append(container.Env, corev1.EnvVar{Name: leaderElectionID, Value: lease}, corev1.EnvVar{
		Name: watchNamespaces,
		ValueFrom: &corev1.EnvVarSource{
			FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['olm.targetNamespaces']"},
		},
	})
	return spec
}

func permissions(o *objects, rules []rbacv1.PolicyRule) []olm.StrategyDeploymentPermissions {
	if len(rules) == 0 {
		return nil
	}
	return []olm.StrategyDeploymentPermissions{{
		ServiceAccountName: o.deployment.Spec.Template.Spec.ServiceAccountName, Rules: rules,
	}}
}

func ownedKinds(o *objects) ([]olm.CRDDescription, error) {
	var owned []olm.CRDDescription
	for _, crd := range o.crds {
		for _, version := range crd.Spec.Versions {
			schema := version.Schema.OpenAPIV3Schema
			description := olm.CRDDescription{
				Name: crd.Name, Version: version.Name, Kind: crd.Spec.Names.Kind,
				DisplayName: title(crd.Spec.Names.Kind),
				Description: strings.Join(strings.Fields(schema.Description), " "),
				Resources:   resources(crd.Spec.Names.Kind),
			}
			for _, f := range fields(schema.Properties["spec"], "") {
				description.SpecDescriptors = append(description.SpecDescriptors, olm.SpecDescriptor{
					Path: f.path, DisplayName: title(f.name), Description: f.description, XDescriptors: xDescriptors[f.path],
				})
			}
			for _, f := range fields(schema.Properties["status"], "") {
				description.StatusDescriptors = append(description.StatusDescriptors, olm.StatusDescriptor{
					Path: f.path, DisplayName: title(f.name), Description: f.description, XDescriptors: xDescriptors[f.path],
				})
			}
			if len(description.SpecDescriptors) == 0 || len(description.StatusDescriptors) == 0 {
				return nil, fmt.Errorf("%s has no spec or no status", crd.Name)
			}
			owned = append(owned, description)
		}
	}
	return owned, nil
}
