/** What is looked at of what a registry shows; beyond it nothing is taken for absent. */
export const cosignLimits = {
  /** Bundles of one image, and signatures under one tag. */
  signatures: 100,
  /** Bytes. */
  bundle: 256 * 1024,
  payload: 64 * 1024,
  manifest: 256 * 1024,
  depth: 24,
} as const
