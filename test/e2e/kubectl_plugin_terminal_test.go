// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestPluginShowsALiveLineOnATerminal(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	terminal := s.onTerminal("mirror", "job_a", "--name=a", "--wait")
	terminal.await("\ra: started for ")
	terminal.await(", polled about every 2s")
	s.vectara.SetState("job_a", "completed", "")
	if code := terminal.end(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if text := terminal.text(); !strings.HasSuffix(text, "\r\n") || !strings.Contains(text, "\ra: completed") {
		t.Errorf("the last line is not whole: %q", text)
	}
}

func TestPluginCanBeInterrupted(t *testing.T) {
	s := newScene(t)
	s.job("job_a", "started")
	terminal := s.onTerminal("mirror", "job_a", "--name=a", "--wait")
	terminal.await("\ra: started for ")
	_, err := terminal.keyboard.WriteString("\x03") // Ctrl-C
	s.must(err)
	if code := terminal.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	terminal.await("To wait again: kubectl vectara wait -n " + s.namespace + " a")
}

func TestPluginDoesNotShowTheKeyThatIsTyped(t *testing.T) {
	s := newScene(t)
	terminal := s.onTerminal("login", "--name=typed")
	terminal.await("Vectara API key (not shown): ")
	_, err := terminal.keyboard.WriteString(apiKey + "\n")
	s.must(err)
	if code := terminal.end(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	if strings.Contains(terminal.text(), apiKey) {
		t.Errorf("the terminal shows the key: %q", terminal.text())
	}
	var secret corev1.Secret
	s.must(admin.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "typed"}, &secret))
	if got := string(secret.Data["api-key"]); got != apiKey {
		t.Errorf("stored %q", got)
	}
}

func TestPluginCanBeInterruptedAtThePrompt(t *testing.T) {
	s := newScene(t)
	terminal := s.onTerminal("login", "--name=typed")
	terminal.await("Vectara API key (not shown): ")
	_, err := terminal.keyboard.WriteString("half\x03")
	s.must(err)
	if code := terminal.end(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
}
