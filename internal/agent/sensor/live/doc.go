// Package live opens the best sensor that a Linux station can have: programs in
// the kernel (package ebpf), else the process connector (package procconn), else
// looking at /proc (package poll). What the sensor says of its state has why it is
// not a better one.
package live
