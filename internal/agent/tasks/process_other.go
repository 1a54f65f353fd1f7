//go:build !linux && !windows

package tasks

import "errors"

type unsupported struct{}

func thisSystem() processes { return unsupported{} }

func (unsupported) hold(uint32) (held, error) { return nil, errors.ErrUnsupported }
