/**
 * The bundle is the folder that a runtime is started with: its configuration and root filesystem (OCI runtime-spec, bundle),
 * and beside them its state and its log. It is in memory, seen by the runtime alone, and gone when that ends. These are
 * the names in it.
 */
export const configFile = 'config.json'

/** Where the root filesystem is mounted. */
export const rootfsFolder = 'rootfs'

/** The runtime's folder for its state. */
export const stateFolder = 'state'

/** Where the runtime writes what went wrong. */
export const logFile = 'log'

/** The container's network namespace, when it is one that was there before. */
export const networkFile = 'network'
