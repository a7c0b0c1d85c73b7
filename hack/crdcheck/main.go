// SPDX-License-Identifier: Apache-2.0

// Command crdcheck compares the CRDs in config/crd/bases with those of the last release, by crdify. A difference that may
// break somebody is an error, unless accepted.yaml lists it with the reason why it is there. So is an entry of that list that
// no difference needs. Run it in hack/crdcheck.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	previous := flag.String("previous", "../../test/upgrade/testdata/v0.1.0/crds", "`folder` with the CRDs of the last release")
	present := flag.String("present", "../../config/crd/bases", "`folder` with the CRDs as they are now")
	accepted := flag.String("accepted", "accepted.yaml", "`file` with the differences that are deliberate")
	flag.Parse()
	if err := run(*previous, *present, *accepted); err != nil {
		fmt.Fprintln(os.Stderr, "crdcheck:", err)
		os.Exit(1)
	}
}

func run(previous, present, accepted string) error {
	reasons, err := readAccepted(accepted)
	if err != nil {
		return err
	}
	findings, err := compareFolders(previous, present)
	if err != nil {
		return err
	}
	return judge(findings, reasons)
}
