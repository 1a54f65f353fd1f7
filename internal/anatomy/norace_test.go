//go:build !race

package anatomy

const raced = false
