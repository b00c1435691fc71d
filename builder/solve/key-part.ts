/** One named input of a step. Names are stable: a later build compares part by part to say why it missed. */
export interface KeyPart {
  readonly name: string
  readonly value: string
}
