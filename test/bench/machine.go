// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// machine is what the figures were measured on.
type machine struct {
	Cores  int     `json:"cores"`
	Memory float64 `json:"memoryGiB"`
	Go     string  `json:"go"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores, %.0f GiB, %s %s/%s", m.Cores, m.Memory, m.Go, runtime.GOOS, runtime.GOARCH)
}

func thisMachine() (machine, error) {
	kibibytes, err := procValue("/proc/meminfo", "MemTotal")
	if err != nil {
		return machine{}, err
	}
	return machine{Cores: runtime.NumCPU(), Memory: math.Round(kibibytes / (1 << 20)), Go: runtime.Version()}, nil
}

// procValue reads a line such as "VmHWM:   1234 kB" of a file under /proc.
func procValue(file, name string) (float64, error) {
	f, err := os.Open(file) //nolint:gosec // Names of the kernel's, put together from a process ID.
	if err != nil {
		return 0, fmt.Errorf("this needs Linux: %w", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			if words := strings.Fields(rest); len(words) > 0 {
				return strconv.ParseFloat(words[0], 64)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("%s has no %s", file, name)
}
