// Package winapi is what the agent asks Windows for: the only package that
// calls the system directly and that has package unsafe.
//
// Each file is about one subject and wraps the few calls that it needs, so that
// others get Go values: no handle that they must know how to close in another
// way than by Close, no buffer whose length they must guess, no error without
// the name of the call that failed. What Windows hands back as bytes is decoded
// by functions that take bytes, which are built and tested on every system.
// Structures that Windows fills are checked by a test to have its sizes.
//
// When to ask, and what to make of the answer, is the callers'.
package winapi
