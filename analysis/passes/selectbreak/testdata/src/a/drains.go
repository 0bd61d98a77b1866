// SPDX-License-Identifier: Apache-2.0

package a

func batch(in chan int, stop chan struct{}) (out []int) {
	for i := 0; i < 50; i++ {
		select {
		case v, ok := <-in:
			if !ok {
				return out
			}
			out = append(out, v)
		case <-stop:
			return out
		default:
			break // want `break leaves only the select: the loop goes on, and finds nothing in each round that is left`
		}
	}
	return out
}

func toAll(outs []chan int) {
	for i := 0; i < len(outs); i++ {
		select {
		case outs[i] <- 1:
		default:
			break
		}
	}
}

func fromAll(ins []chan int) (out []int) {
	for i := 0; i < len(ins); i++ {
		select {
		case v := <-ins[i]:
			out = append(out, v)
		default:
			break
		}
	}
	return out
}

func spins(in chan int) int {
	for i := 0; i < 50; i++ {
		select {
		case v := <-in:
			return v
		default:
			break
		}
	}
	return <-in
}

func worksOn(in chan int, work func()) (out []int) {
	for i := 0; i < 50; i++ {
		select {
		case v := <-in:
			out = append(out, v)
		default:
			break
		}
		work()
	}
	return out
}

func labelledBatch(in chan int) (out []int) {
batch:
	for i := 0; i < 50; i++ {
		select {
		case v := <-in:
			out = append(out, v)
		default:
			break batch
		}
	}
	return out
}
