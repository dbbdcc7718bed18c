// The one suite that every provider passes: everything goes in through the API, and the vendor is asked what it has.
import { describe, expect, it } from 'vitest'
import { testFiles } from './files.ts'
import { testRefusals } from './refusals.ts'
import { openScene, type Conformance } from './scene.ts'
import { testTree } from './tree.ts'

/** Runs the suite in a `describe` of its own. */
export function testConformance(target: Conformance): void {
  describe(`${target.name} conforms`, () => {
    const scene = openScene(target)
    testTree(scene)
    testFiles(scene)
    testRefusals(scene)

    it('tells its health', async () => {
      const health = await scene.json(await scene.send('/check', { method: 'POST' }))
      expect(health).toMatchObject({ status: 'ACTIVE' })
    })
  })
}
