package sigma

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ReadTree reads all files of a tree whose names end in .yml or .yaml, in the order
// of their names. Files and folders that begin with a dot are left out, and so are
// links. The error is about the tree; what is wrong with files is among the errors.
func (r *Reader) ReadTree(tree fs.FS) (docs []*Document, errs []*Error, err error) {
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular() || !IsRuleFile(name):
			return nil
		}
		data, err := readSome(tree, name)
		if err != nil {
			return err
		}
		some, wrong := r.Read(name, data)
		docs, errs = append(docs, some...), append(errs, wrong...)
		return nil
	})
	return docs, errs, err
}

// IsRuleFile tells whether a file of that name holds rules.
func IsRuleFile(name string) bool {
	return slices.Contains([]string{".yml", ".yaml"}, strings.ToLower(path.Ext(name)))
}

// readSome reads a file, and no more of it than shows that it is too large.
func readSome(tree fs.FS, name string) (data []byte, err error) {
	f, err := tree.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}
