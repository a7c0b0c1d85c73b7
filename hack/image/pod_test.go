// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"golang.org/x/sys/unix"

	"github.com/vectara-job-operator/vectara-job-operator/test/harness"
)

// rootVariable names the folder that a process of this test binary makes its root before it becomes the image's entrypoint.
const rootVariable = "IMAGE_TEST_ROOT"

// podUser is the user of the image.
const podUser = 65532

// inPod does what a container runtime does between fork and exec, if this process was started for that: it makes an image's files
// the whole file system, which nobody can write to, gives up all privileges, and becomes the image's entrypoint.
func inPod() {
	root, ok := os.LookupEnv(rootVariable)
	if !ok {
		return
	}
	runtime.LockOSThread() // What follows changes a thread.
	if err := becomeEntrypoint(root); err != nil {
		fmt.Fprintln(os.Stderr, "becoming the image's entrypoint:", err)
		os.Exit(1)
	}
}

func becomeEntrypoint(root string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts to ourselves: %w", err)
	}
	if err := unix.Mount(root, root, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mounting the image: %w", err)
	}
	var below unix.Statfs_t
	if err := unix.Statfs(root, &below); err != nil {
		return err
	}
	// A user namespace cannot drop what the mount below has.
	kept := uintptr(below.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME)
	if err := unix.Mount("", root, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|kept, ""); err != nil {
		return fmt.Errorf("making the image read-only: %w", err)
	}
	if err := unix.Chroot(root); err != nil {
		return err
	}
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(podUser), syscall.Setuid(podUser)); err != nil {
			return fmt.Errorf("becoming user %d: %w", podUser, err)
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up capabilities: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Exec("/"+entrypoint, append([]string{"/" + entrypoint}, os.Args[1:]...), without(os.Environ(), rootVariable))
}

// startPod starts the image in a folder with nothing around it but environment variables and the network. Without root, a user
// namespace gives the rights that it takes; the host must allow those.
func startPod(t *testing.T, root string, environment []string, flags ...string) *harness.Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	pod := exec.Command(self, flags...)
	pod.Env = append([]string{rootVariable + "=" + root}, environment...)
	pod.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS}
	if os.Getuid() != 0 {
		pod.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		pod.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: podUser, HostID: os.Getuid(), Size: 1}}
		pod.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: podUser, HostID: os.Getgid(), Size: 1}}
		pod.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_SYS_CHROOT}
	}
	process, err := harness.StartProcess(pod)
	if err != nil {
		t.Fatalf("%v\nrunning the image takes root, or user namespaces for everybody: where AppArmor restricts those, "+
			"'sysctl kernel.apparmor_restrict_unprivileged_userns=0' allows them", err)
	}
	t.Cleanup(process.Stop)
	return process
}

// unpack writes the files of an image into a folder.
func unpack(t *testing.T, image v1.Image) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root")
	eachFile(t, image, func(header *tar.Header, content io.Reader) {
		var err error
		path := filepath.Join(root, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o755)
		} else {
			err = unpackFile(path, content)
		}
		if err == nil {
			err = os.Chmod(path, header.FileInfo().Mode())
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

// eachFile calls a function with each file of an image, in the order of its layers.
func eachFile(t *testing.T, image v1.Image, do func(header *tar.Header, content io.Reader)) {
	t.Helper()
	reader := mutate.Extract(image)
	defer reader.Close()
	for archive := tar.NewReader(reader); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		do(header, archive)
	}
}

func unpackFile(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// expectConfined checks what the kernel says of a pod.
func expectConfined(t *testing.T, pod *harness.Process) {
	t.Helper()
	folder := fmt.Sprintf("/proc/%d", pod.PID())
	status, err := os.ReadFile(filepath.Join(folder, "status"))
	if err != nil {
		t.Fatal(err)
	}
	uid := podUser
	if os.Getuid() != 0 {
		uid = os.Getuid() // As seen from here. Inside it is podUser.
	}
	for _, want := range []string{fmt.Sprintf("Uid:\t%d\t%d\t%d\t%d", uid, uid, uid, uid), "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"} {
		if !strings.Contains(string(status), "\n"+want+"\n") {
			t.Errorf("the kernel does not say %q of the manager:\n%s", want, status)
		}
	}
	mounts, err := os.ReadFile(filepath.Join(folder, "mounts"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 3 && fields[1] == "/" && !strings.HasPrefix(fields[3], "ro,") && fields[3] != "ro" {
			t.Errorf("the root is not read-only: %s", line)
		}
	}
}
