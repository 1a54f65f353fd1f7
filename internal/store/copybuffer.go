package store

import (
	"bytes"
	"context"
	endian "encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// copyBuffer holds rows in the binary format of COPY, as PostgreSQL's manual
// describes it (reference page of COPY, "Binary Format"). Values are written as
// they come: a driver that takes each as an interface spends more time on a
// start of thirty columns than all the rest of an ingest does.
//
// Its memory serves one table after the other. The zero value is ready for begin.
type copyBuffer struct {
	bytes   []byte
	columns int
	rows    int
}

// mostKept is how large a buffer may be that waits for the next transaction.
const mostKept = 8 << 20

// begin empties the buffer for rows of so many columns.
func (b *copyBuffer) begin(columns int) *copyBuffer {
	b.columns, b.rows = columns, 0
	b.bytes = append(b.bytes[:0], "PGCOPY\n\xff\r\n\x00"...)
	b.bytes = append(b.bytes, 0, 0, 0, 0, 0, 0, 0, 0) // no flags, no header extension
	return b
}

// row begins a row; its columns follow, each by one call.
func (b *copyBuffer) row() {
	b.rows++
	b.bytes = endian.BigEndian.AppendUint16(b.bytes, uint16(b.columns))
}

func (b *copyBuffer) null() { b.bytes = append(b.bytes, 0xff, 0xff, 0xff, 0xff) }

func (b *copyBuffer) octets(n int) { b.bytes = endian.BigEndian.AppendUint32(b.bytes, uint32(n)) }

func (b *copyBuffer) smallint(v int16) {
	b.octets(2)
	b.bytes = endian.BigEndian.AppendUint16(b.bytes, uint16(v))
}

// integer writes the lower 32 bits of v.
func (b *copyBuffer) integer(v int64) {
	b.octets(4)
	b.bytes = endian.BigEndian.AppendUint32(b.bytes, uint32(v))
}

func (b *copyBuffer) bigint(v int64) {
	b.octets(8)
	b.bytes = endian.BigEndian.AppendUint64(b.bytes, uint64(v))
}

// bigints writes an array, as array_recv reads it: one dimension that begins at 1,
// of the type int8, without nulls.
func (b *copyBuffer) bigints(list []uint64) {
	b.octets(20 + 12*len(list))
	for _, n := range [...]int{1, 0, pgtype.Int8OID, len(list), 1} {
		b.octets(n)
	}
	for _, v := range list {
		b.bigint(int64(v))
	}
}

// integerOrNull and bigintOrNull write NULL for 0.
func (b *copyBuffer) integerOrNull(v int64) {
	if v == 0 {
		b.null()
		return
	}
	b.integer(v)
}

func (b *copyBuffer) bigintOrNull(v uint64) {
	if v == 0 {
		b.null()
		return
	}
	b.bigint(int64(v))
}

func (b *copyBuffer) boolean(v bool) {
	b.octets(1)
	if v {
		b.bytes = append(b.bytes, 1)
	} else {
		b.bytes = append(b.bytes, 0)
	}
}

func (b *copyBuffer) uuid(v [16]byte) {
	b.octets(16)
	b.bytes = append(b.bytes, v[:]...)
}

// postgresEpoch is 2000-01-01 in microseconds of Unix time: PostgreSQL counts from there.
const postgresEpoch = 946_684_800_000_000

func (b *copyBuffer) time(v time.Time) { b.bigint(v.UnixMicro() - postgresEpoch) }

func (b *copyBuffer) timeOrNull(v time.Time) {
	if v.IsZero() {
		b.null()
		return
	}
	b.time(v)
}

func (b *copyBuffer) text(v string) {
	b.octets(len(v))
	b.bytes = append(b.bytes, v...)
}

// send copies the rows, if there are any, into a table.
func (b *copyBuffer) send(ctx context.Context, tx pgx.Tx, table string, columns []string) error {
	if b.rows == 0 {
		return nil
	}
	b.bytes = append(b.bytes, 0xff, 0xff) // no more rows
	_, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(b.bytes), "COPY "+table+" ("+strings.Join(columns, ", ")+") FROM STDIN (FORMAT binary)")
	if err != nil {
		b.bytes = nil // where the connection broke, the driver may still be reading
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}
