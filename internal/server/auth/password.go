// Package auth says who is calling: passwords, sessions and tokens.
//
// Passwords are kept as argon2id; session and token secrets are 256 random bits
// of which only the SHA-256 is kept. Nothing here decides what a caller may do.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/eljefe/eljefe/internal/fault"
)

// MinPassword and MaxPassword bound the length of a password in characters.
const (
	MinPassword = 12
	MaxPassword = 256
)

// Parameters of argon2id: RFC 9106's second recommendation, with less memory so
// that a handful of log-ins at once stay below what a small server has.
const (
	argonTime    = 3
	argonMemory  = 32 << 10 // KiB
	argonThreads = 1
	saltBytes    = 16
	hashBytes    = 32
)

// HashPassword returns the hash under which password is kept, with a new salt.
func HashPassword(password string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	hash := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(hash))
}

// CheckPassword tells whether password is the one that encoded was made from.
func CheckPassword(encoded, password string) bool {
	var version, memory, time, threads uint32
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) == 0 || threads == 0 || threads > 255 || time == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, uint8(threads), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// AcceptablePassword says why password must not be chosen, or nil.
func AcceptablePassword(password, user string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return fault.Invalidf("the password has %d characters; it needs at least %d", n, MinPassword).Coded("password_short", "characters", "least")
	case n > MaxPassword:
		return fault.Invalidf("the password has %d characters; at most %d are taken", n, MaxPassword).Coded("password_long", "characters", "most")
	}
	if strings.Contains(strings.ToLower(password), strings.ToLower(user)) {
		return fault.Invalidf("the password contains the user's name; choose another").Coded("password_has_name")
	}
	if strings.Count(password, password[:1]) == len(password) {
		return fault.Invalidf("the password is one character repeated; choose another").Coded("password_one_character")
	}
	return nil
}

// OneTimePassword returns a random password of 20 characters that can be read
// aloud: no letters or digits that look alike.
func OneTimePassword() string {
	const alphabet = "abcdefghjkmnpqrstuvwxyz23456789" // 31: the bias of mod is below 1 in 8 bits and harmless at 99 bits
	raw := make([]byte, 20)
	rand.Read(raw) // never fails
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%5 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[int(r)%len(alphabet)])
	}
	return b.String()
}

// NewSecret returns a random secret and the hash under which it is kept.
func NewSecret(prefix string) (secret string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails
	secret = prefix + base64.RawURLEncoding.EncodeToString(raw)
	return secret, HashSecret(secret)
}

// HashSecret returns the hash under which a secret is kept. Secrets are random
// and long: a plain hash will do.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
