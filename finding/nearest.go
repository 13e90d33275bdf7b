package finding

import "strings"

// Nearest is the known word with the smallest distance to word, without regard to
// letter case.
func Nearest(word string, known []string) (best string, distance int) {
	distance = 1 << 30
	w := strings.ToLower(word)
	for _, k := range known {
		if diff := len(k) - len(w); diff >= distance || -diff >= distance {
			continue
		}
		if d := Distance(w, strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best, distance
}

// TypoLimit is the largest distance at which a word counts as mistyped.
func TypoLimit(word string) int {
	switch n := len(word); {
	case n < 4:
		return 1
	case n < 10:
		return 2
	}
	return 3
}

// longestWord bounds what is compared.
const longestWord = 64

// Distance counts inserted, deleted, replaced and swapped letters.
func Distance(a, b string) int {
	if len(a) > longestWord || len(b) > longestWord {
		return max(len(a), len(b))
	}
	prev2 := make([]int, len(b)+1)
	prev := make([]int, len(b)+1)
	cur := make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
