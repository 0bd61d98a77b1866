// SPDX-License-Identifier: Apache-2.0

package stream

import "io"

// A Source gives its records on a channel.
type Source interface {
	Records(name string) (<-chan string, error)
}

// Copy leaves the rest of the records at an error.
func Copy(w io.Writer, s Source) error {
	ch, err := s.Records("")
	if err != nil || ch == nil {
		return err
	}
	for rec := range ch {
		if _, err := io.WriteString(w, rec); err != nil {
			return err
		}
	}
	return nil
}

// A Lister gives its names on a channel.
type Lister interface {
	Names() <-chan string
}

// Count takes all names, whatever is wrong with them.
func Count(l Lister) (n int) {
	names := l.Names()
	for range names {
		n++
	}
	return n
}

// A Pager gives its pages on a channel.
type Pager interface {
	Pages() <-chan string
}

// Print takes the rest of the pages when it leaves.
func Print(w io.Writer, p Pager) error {
	pages := p.Pages()
	defer func() {
		for range pages {
		}
	}()
	for page := range pages {
		if _, err := io.WriteString(w, page); err != nil {
			return err
		}
	}
	return nil
}
