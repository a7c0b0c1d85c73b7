// SPDX-License-Identifier: Apache-2.0

package words

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"
)

// Short is a time span as kubectl writes ages, such as 3m12s. Less than nothing is nothing: clocks disagree.
func Short(d time.Duration) string { return duration.HumanDuration(max(d, 0)) }

// Long is a time span in words, in its two largest units: "3 minutes 12 seconds". Less than nothing is nothing.
func Long(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return count(d, time.Second, "second")
	case d < time.Hour:
		return two(d, time.Minute, "minute", time.Second, "second")
	case d < day:
		return two(d, time.Hour, "hour", time.Minute, "minute")
	default:
		return two(d, day, "day", time.Hour, "hour")
	}
}

func two(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := count(d, large, largeName)
	if rest := d % large; rest >= small {
		text += " " + count(rest, small, smallName)
	}
	return text
}

func count(d, unit time.Duration, name string) string {
	n := int64(d / unit)
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
