/**
 * The house's own lint rules: a switched-off rule says why, and files are named in kebab-case (file systems
 * differ about case; kebab-case has none to differ about). Reports of the first sit before the line's first
 * column, where the very comment that they are about cannot silence them.
 */
import { basename } from 'node:path';
import type { Rule } from 'eslint';

const DIRECTIVE = /^\s*eslint-disable(?:-next-line|-line)?(?=\s|$)/;

/** `eslint-disable…` names its rules and then ` -- why`. */
const explainedDisable: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      reason: 'Say why the rule is off: `eslint-disable… rule-name -- reason`.',
      rules: 'Name the rules that are off.',
    },
  },
  create(context) {
    return {
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          const directive = DIRECTIVE.exec(comment.value);
          if (directive === null || !comment.loc) continue;
          const [rules = '', reason = ''] = comment.value.slice(directive[0].length).split(/\s-{2,}\s/);
          const loc = { start: { line: comment.loc.start.line, column: -1 }, end: comment.loc.end };
          if (rules.trim() === '') context.report({ loc, messageId: 'rules' });
          if (reason.trim().length < 10) context.report({ loc, messageId: 'reason' });
        }
      },
    };
  },
};

const KEBAB_CASE = /^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/;

const kebabCaseFile: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { name: 'Name the file in kebab-case, not "{{name}}".' },
  },
  create(context) {
    return {
      Program(node) {
        const name = basename(context.filename);
        if (!KEBAB_CASE.test(name)) context.report({ node, messageId: 'name', data: { name } });
      },
    };
  },
};

export const houseRules = {
  rules: { 'explained-disable': explainedDisable, 'kebab-case-file': kebabCaseFile },
};
