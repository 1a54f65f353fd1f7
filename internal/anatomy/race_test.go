//go:build race

package anatomy

// raced tells that the race detector makes everything ten times slower: long tests then
// take a part of what they take otherwise.
const raced = true
