// SPDX-License-Identifier: Apache-2.0

// Package rig puts the same components under quiesce and under its peers, so
// that what each costs can be compared.
package rig

import "strconv"

// A Graph says which of a number of components need which others. Components
// are numbered in an order in which they can start.
type Graph struct {
	Name   string
	names  []string
	needs  [][]int // by component
	levels [][]int // components by level: each needs only those of the level below
}

// Len returns the number of components.
func (g *Graph) Len() int { return len(g.names) }

// Wide returns a graph of n components without needs.
func Wide(n int) *Graph { return levelled("wide", 1, n) }

// Deep returns a chain of n components: each needs the one before it.
func Deep(n int) *Graph { return levelled("deep", n, 1) }

// Levels returns a graph of n components in 100 levels, of which each needs two
// of the level below, or the only one there is.
func Levels(n int) *Graph { return levelled("levels", 100, n/100) }

// Ten returns the graph of a small service: ten components, of which each needs
// the two before it.
func Ten() *Graph {
	g := levelled("ten", 10, 1)
	for i := 2; i < g.Len(); i++ {
		g.needs[i] = append(g.needs[i], i-2)
	}
	return g
}

func levelled(name string, levels, width int) *Graph {
	g := &Graph{Name: name}
	for range levels {
		var level []int
		for i := range width {
			g.needs = append(g.needs, g.needsOf(i, width))
			level = append(level, len(g.names))
			g.names = append(g.names, "c"+strconv.Itoa(len(g.names)))
		}
		g.levels = append(g.levels, level)
	}
	return g
}

// needsOf returns what component i of a new level needs: the one below it and
// that one's neighbour.
func (g *Graph) needsOf(i, width int) []int {
	if len(g.levels) == 0 {
		return nil
	}
	below := g.levels[len(g.levels)-1]
	if width == 1 {
		return []int{below[0]}
	}
	return []int{below[i], below[(i+1)%width]}
}

// users returns, for each component, which others need it.
func (g *Graph) users() [][]int {
	users := make([][]int, g.Len())
	for i, needs := range g.needs {
		for _, j := range needs {
			users[j] = append(users[j], i)
		}
	}
	return users
}
