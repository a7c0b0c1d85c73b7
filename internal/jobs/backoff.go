// SPDX-License-Identifier: Apache-2.0

package jobs

import "time"

const (
	backoffBase = 2 * time.Second

	// MaxBackoff is the longest wait between two polls that fail for a reason that waiting may help.
	MaxBackoff = 60 * time.Second
)

// Backoff is the wait after a number of failures in a row: it doubles from 2 s to MaxBackoff, less up to a quarter as the seed
// has it, so that those who failed together do not retry together.
func Backoff(failures int, seed uint64) time.Duration {
	wait := MaxBackoff
	// 2 s doubled five times is more than a minute.
	if exponent := max(failures-1, 0); exponent < 5 {
		wait = min(backoffBase<<exponent, MaxBackoff)
	}
	return wait - time.Duration(Fraction(seed, uint64(max(failures, 0)))*float64(wait/4))
}

// Fraction maps its arguments to a number in [0, 1), evenly spread and always the same for the same arguments: jitter for
// schedules that are pure functions.
func Fraction(seed, salt uint64) float64 {
	// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014) makes neighbouring numbers unlike.
	x := seed + salt*0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	x ^= x >> 31
	return float64(x>>11) / (1 << 53)
}
