// SPDX-License-Identifier: GPL-2.0-or-later
package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"sync"
)

func main() {
	var group sync.WaitGroup
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			runtime.LockOSThread() // a thread of its own
			group.Done()
		}()
	}
	group.Wait()
	if err := exec.Command("true").Run(); err != nil {
		panic(err)
	}
	fmt.Println("ok")
}
