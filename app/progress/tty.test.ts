import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'
import { ttyProgress } from './tty.ts'

test('on a terminal whose size came as 0 a line stays a line', (t) => {
  let written = ''
  const stream = new Writable({
    write(piece: Buffer, _, done) {
      written += piece.toString()
      done()
    },
  })
  const terminal = Object.assign(stream, { isTTY: true, columns: 0, rows: 0 }) as unknown as NodeJS.WriteStream
  const { emit, close } = ttyProgress(terminal)
  emit({ type: 'notice', message: 'pushing to localhost:5000/team/app:1' })
  close()
  t.true(stripVTControlCharacters(written).includes('pushing to localhost:5000/team/app:1'), JSON.stringify(written))
})
