import fs from 'node:fs'
import { cloneFlags, setns, unshare } from '../../shared/sys/native.ts'
import { networkSysctls } from './sandbox.ts'

/**
 * Makes a network namespace and returns an open descriptor of it; it lasts as long as someone holds it or runs in it.
 * As under Docker, programs in it may listen on any port and send ICMP echo requests whoever runs them.
 */
export function makeNetworkNamespace(): number {
  const back = fs.openSync('/proc/thread-self/ns/net', 'r')
  try {
    unshare(cloneFlags.network)
    try {
      for (const [name, value] of Object.entries(networkSysctls)) setSysctl(name, value)
      return fs.openSync('/proc/thread-self/ns/net', 'r')
    } finally {
      setns(back, cloneFlags.network)
    }
  } finally {
    fs.closeSync(back)
  }
}

/** Runs `act`, which must be synchronous, in the network namespace `fd`: a process that it starts stays there. */
export function inNetworkNamespace<T>(fd: number, act: () => T): T {
  const back = fs.openSync('/proc/thread-self/ns/net', 'r')
  try {
    setns(fd, cloneFlags.network)
    try {
      return act()
    } finally {
      setns(back, cloneFlags.network)
    }
  } finally {
    fs.closeSync(back)
  }
}

/** /proc/sys/net is that of the thread's own network. A kernel without the setting does without. */
function setSysctl(name: string, value: string): void {
  const file = `/proc/sys/${name.replaceAll('.', '/')}`
  if (fs.existsSync(file)) fs.writeFileSync(file, value)
}
