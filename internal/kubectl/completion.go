// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
)

// completionTimeout is how long somebody who presses Tab is kept waiting.
const completionTimeout = 5 * time.Second

// completer offers what an argument or the value of a flag may be.
type completer = cobra.CompletionFunc

func completeFlag(cmd *cobra.Command, flag string, complete completer) {
	// It fails for a flag that does not exist, or twice for one: mistakes of ours.
	utilruntime.Must(cmd.RegisterFlagCompletionFunc(flag, complete))
}

// completeGlobalFlags is for the flags that kubectl completes too.
func (s *session) completeGlobalFlags(root *cobra.Command) {
	completeFlag(root, "namespace", s.completeNamespaces)
	completeFlag(root, "context", s.completeContexts)
}

func (s *session) completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	config, err := s.flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(config.Contexts)), cobra.ShellCompDirectiveNoFileComp
}

func (s *session) completeNamespaces(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return s.completeFrom(cmd, func(ctx context.Context, c client.Client, _ string) ([]string, error) {
		var list corev1.NamespaceList
		err := c.List(ctx, &list)
		return namesIn(list.Items, func(item corev1.Namespace) string { return item.Name }), err
	})
}

func (s *session) completeSecrets(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return s.completeFrom(cmd, func(ctx context.Context, c client.Client, namespace string) ([]string, error) {
		var list corev1.SecretList
		// Other Secrets are nobody's business here.
		err := c.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{"type": v1alpha1.CredentialsSecretType})
		return namesIn(list.Items, func(item corev1.Secret) string { return item.Name }), err
	})
}

// completeJobs offers the VectaraJobs that were not named yet.
func (s *session) completeJobs(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	return s.completeFrom(cmd, func(ctx context.Context, c client.Client, namespace string) ([]string, error) {
		list, err := listJobs(ctx, c, namespace, "")
		names := namesIn(list, func(item v1alpha1.VectaraJob) string { return item.Name })
		return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(given, name) }), err
	})
}

// completeEither offers one VectaraJob or VectaraJobDiscovery.
func (s *session) completeEither(cmd *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return s.completeFrom(cmd, func(ctx context.Context, c client.Client, namespace string) ([]string, error) {
		jobs, err := listJobs(ctx, c, namespace, "")
		if err != nil {
			return nil, err
		}
		names := namesIn(jobs, func(item v1alpha1.VectaraJob) string { return item.Name })
		discoveries, err := listDiscoveries(ctx, c, namespace, "")
		if err != nil {
			cobra.CompErrorln(err.Error())
		}
		names = append(names, namesIn(discoveries, func(item v1alpha1.VectaraJobDiscovery) string { return item.Name })...)
		slices.Sort(names)
		return slices.Compact(names), nil
	})
}

// completeFrom reads from the cluster. What does not arrive in time is not offered. The shell
// drops what does not begin with what was typed.
func (s *session) completeFrom(
	cmd *cobra.Command, list func(context.Context, client.Client, string) ([]string, error),
) ([]string, cobra.ShellCompDirective) {
	c, namespace, err := s.connect()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	parent := cmd.Context()
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithTimeout(parent, completionTimeout)
	defer cancel()
	names, err := list(ctx, c, namespace)
	if err != nil {
		cobra.CompErrorln(err.Error())
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func namesIn[T any](items []T, name func(T) string) []string {
	names := make([]string, 0, len(items))
	for _, item := range items {
		names = append(names, name(item))
	}
	return names
}

// fixedList offers values for a flag that takes several, separated by commas.
func fixedList[T ~string](values ...T) completer {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		offered := make([]string, 0, len(values))
		for _, value := range values {
			offered = append(offered, before+string(value))
		}
		return offered, cobra.ShellCompDirectiveNoFileComp
	}
}
