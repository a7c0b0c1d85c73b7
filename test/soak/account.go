// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vectara-job-operator/vectara-job-operator/api/v1alpha1"
	"github.com/vectara-job-operator/vectara-job-operator/internal/simulator"
)

// accounts is how many there are. Each has a session of the operator's, and a rate limit.
const accounts = 3

// shares are the parts of the objects that each account has.
var shares = [accounts]float64{0.5, 0.3, 0.2}

// tokensLast is short, so that tokens are fetched all the time.
const tokensLast = 2 * time.Minute

// account is one of Vectara's, with a Secret in one or two namespaces.
type account struct {
	index      int
	namespaces []string
	oauth      bool

	mu         sync.Mutex
	id, secret string // the API key, twice, or the OAuth client
	rotations  int
}

func newAccount(index int) *account {
	a := &account{index: index, oauth: index == accounts-1}
	a.namespaces = []string{fmt.Sprintf("soak-%d", index)}
	if index == 0 {
		// A copy of the same key, which shares the session.
		a.namespaces = append(a.namespaces, "soak-copy")
	}
	return a
}

func (a *account) corpus() string      { return fmt.Sprintf("soak-%d", a.index) }
func (a *account) foundCorpus() string { return fmt.Sprintf("found-%d", a.index) }

func (a *account) access() simulator.Access {
	return simulator.Access{Corpora: []string{a.corpus(), a.foundCorpus()}}
}

// credential is what the simulator knows the present credentials by.
func (a *account) credential() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.id
}

// admit makes new credentials, has Vectara know them, and returns what takes the ones before away from it.
func (a *account) admit(vectara *simulator.Server, secrets *canaries) (revoke func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.id
	a.secret = secrets.issue()
	a.rotations++
	if a.oauth {
		a.id = fmt.Sprintf("client-%d", a.rotations)
		vectara.AddClient(a.id, a.secret, tokensLast, a.access())
		return func() { vectara.RemoveClient(before) }
	}
	a.id = a.secret
	vectara.AddAPIKey(a.id, a.access())
	return func() { vectara.RemoveAPIKey(before) }
}

// object is the Secret with the present credentials.
func (a *account) object(namespace string) *corev1.Secret {
	a.mu.Lock()
	defer a.mu.Unlock()
	data := map[string]string{v1alpha1.APIKeyKey: a.secret}
	if a.oauth {
		data = map[string]string{v1alpha1.ClientIDKey: a.id, v1alpha1.ClientSecretKey: a.secret}
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: v1alpha1.DefaultCredentialsSecretName},
		Type:       v1alpha1.CredentialsSecretType,
		StringData: data,
	}
}

// present is the present secret.
func (a *account) present() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.secret
}

// sessions is how many credentials the account has had so far.
func (a *account) sessions() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rotations
}
