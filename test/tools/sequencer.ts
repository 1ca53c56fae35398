/** Vitest's own order takes one project after the other; ours runs them side by side. */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { spread } from './spread.ts';

// eslint-disable-next-line no-restricted-syntax -- vitest asks for a class
export class SpreadSequencer extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    return spread(specifications, ({ project, moduleId }) => ({
      project: project.name,
      file: relative(project.config.root, moduleId),
    }));
  }
}
