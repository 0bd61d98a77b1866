// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-quiesce/quiesce/cmd/quiesce/internal/drill/record"
)

// maxFiles is how many files are looked at: a watched directory may turn out to be a
// whole disk.
const maxFiles = 20000

// list returns the paths below directories. With known, what is below a directory that
// is not in it is left out: the directory stands for it.
func list(dirs []string, known map[string]bool) []string {
	var paths []string
	seen := 0
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if seen++; seen > maxFiles {
				return filepath.SkipAll
			}
			if err != nil || path == dir {
				return nil // gone, or not ours to read
			}
			paths = append(paths, path)
			if d.IsDir() && known != nil && !known[path] {
				return filepath.SkipDir
			}
			return nil
		})
	}
	return paths
}

// newFiles returns what is in the directories and was not when known was made.
func newFiles(dirs []string, known map[string]bool) []record.Leftover {
	var left []record.Leftover
	for _, path := range list(dirs, known) {
		if known[path] {
			continue
		}
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		l := record.Leftover{Kind: record.LeftFile, What: path}
		switch mode := info.Mode(); {
		case mode&fs.ModeSocket != 0:
			l.Kind = record.LeftUnix
		case mode.IsDir():
			l.Detail = "a directory"
		case mode.IsRegular():
			l.Detail = fmt.Sprintf("%d bytes", info.Size())
		default:
			l.Detail = mode.Type().String()
		}
		left = append(left, l)
	}
	return left
}
