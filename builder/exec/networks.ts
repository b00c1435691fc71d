import fs from 'node:fs'
import type { NetworkNamespace } from './config-json.ts'
import { type HelperProgram, type NetworkHelper, startHelper } from './network-helper.ts'
import { makeNetworkNamespace } from './network-namespace.ts'
import type { NetworkMode } from './types.ts'

/** The network that a container gets. */
export interface Network {
  readonly namespace: NetworkNamespace
  /** An open descriptor of the namespace to start the runtime in; undefined: that of this process. */
  readonly enter: number | undefined
  readonly nameServer: string | undefined
  /** To be called when nothing runs in it any more. */
  release(): void
}

export interface Networks {
  acquire(mode: NetworkMode): Promise<Network>
  /** Takes away those that are free, and from then on each when it becomes free. */
  close(): void
}

export interface NetworksOptions {
  /** pasta or slirp4netns; undefined when none is installed. */
  readonly helper: HelperProgram | undefined
  readonly onNotice: (text: string) => void
  /** Milliseconds for which an unused network is kept for the next container. */
  readonly keep?: number
}

/**
 * Networks for containers. A private one is a network namespace and a helper process that connects it; making one takes
 * some milliseconds, so one that is free is used again: a container without CAP_NET_ADMIN cannot leave anything in it.
 * Without a helper, or when it does not work, containers use the host's network, and that is said once.
 */
export function createNetworks({ helper, onNotice, keep = 2000 }: NetworksOptions): Networks {
  const free: PrivateNetwork[] = []
  let usable = helper !== undefined
  const notice = once(onNotice)
  let isOpen = true
  const giveBack = (network: PrivateNetwork): void => {
    if (!isOpen) return closePrivate(network)
    free.push(network)
    setTimeout(() => {
      const place = free.indexOf(network)
      if (place < 0) return
      free.splice(place, 1)
      closePrivate(network)
    }, keep).unref()
  }
  const acquirePrivate = async (): Promise<Network> => {
    const found = takeUsable(free)
    if (found !== undefined) return asNetwork(found, giveBack)
    if (helper === undefined || !usable) return hostNetwork
    try {
      return asNetwork(await openPrivate(helper), giveBack)
    } catch (error) {
      usable = false
      notice(`RUN uses the host's network: ${error instanceof Error ? error.message : String(error)}`)
      return hostNetwork
    }
  }
  return {
    async acquire(mode) {
      if (mode === 'none') return noNetwork
      if (mode === 'host') return hostNetwork
      if (helper === undefined)
        notice("RUN uses the host's network, because neither pasta nor slirp4netns is installed")
      return acquirePrivate()
    },
    close() {
      isOpen = false
      for (const network of free.splice(0)) closePrivate(network)
    },
  }
}

/** One whose helper died is of no use. */
function takeUsable(free: PrivateNetwork[]): PrivateNetwork | undefined {
  for (let network = free.pop(); network !== undefined; network = free.pop()) {
    if (network.helper.isUp()) return network
    closePrivate(network)
  }
  return undefined
}

const unmanaged = { enter: undefined, nameServer: undefined, release: () => undefined } as const
const noNetwork: Network = { ...unmanaged, namespace: 'new' }
const hostNetwork: Network = { ...unmanaged, namespace: 'inherited' }

function once(act: (text: string) => void): (text: string) => void {
  let done = false
  return (text) => {
    if (!done) act(text)
    done = true
  }
}

interface PrivateNetwork {
  readonly namespace: number
  readonly helper: NetworkHelper
}

async function openPrivate(program: HelperProgram): Promise<PrivateNetwork> {
  const namespace = makeNetworkNamespace()
  try {
    return { namespace, helper: await startHelper(program, namespace) }
  } catch (error) {
    fs.closeSync(namespace)
    throw error
  }
}

function closePrivate({ namespace, helper }: PrivateNetwork): void {
  helper.stop()
  fs.closeSync(namespace)
}

function asNetwork(network: PrivateNetwork, giveBack: (network: PrivateNetwork) => void): Network {
  const { namespace, helper } = network
  const { nameServer } = helper
  return { namespace: 'inherited', enter: namespace, nameServer, release: () => giveBack(network) }
}
