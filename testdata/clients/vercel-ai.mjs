// Vercel's AI SDK: a run of two steps with a tool that works and one that fails; a call that a person
// approves, one that a person denies, one that a policy denies; and an agent that calls another as a tool.
import { createOpenAI } from '@ai-sdk/openai';
import { OpenTelemetry } from '@ai-sdk/otel';
import { generateText, registerTelemetry, stepCountIs, tool } from 'ai';
import { z } from 'zod';
import { answered, fakeModel, sinceUser } from './fakemodel.mjs';
import { startTelemetry } from './telemetry.mjs';

const provider = startTelemetry('client-vercel-ai');
registerTelemetry(new OpenTelemetry({ runtimeContext: true }));

const model = await fakeModel((messages) => {
  const ask = messages.findLast((m) => m.role === 'user').content;
  const now = sinceUser(messages);
  const call = (id, name, args) => (answered(messages, id) ? undefined : { calls: [{ id, name, args }] });
  if (ask.startsWith('Weather')) {
    if (now.length) return { text: 'It is 21C in Paris; the payment failed.' };
    return { calls: [{ id: 'call_weather', name: 'get_weather', args: { city: 'Paris' } }, { id: 'call_pay', name: 'pay', args: { amount: 5 } }] };
  }
  const file = ask.match(/Delete (\S+)/)?.[1];
  if (file) return call(`call_delete_${file}`, 'delete_file', { path: `/tmp/${file}` }) ?? { text: 'Done.' };
  if (ask.startsWith('Refund')) return call('call_billing', 'ask_billing', { question: 'refund order A1' }) ?? { text: 'Billing refunded it.' };
  return { text: 'Refunded.' };
});
const llm = createOpenAI({ baseURL: model.url, apiKey: 'none' }).chat('gpt-fake');

const run = (functionId, options) =>
  generateText({
    model: llm,
    maxRetries: 0,
    stopWhen: stepCountIs(4),
    runtimeContext: { userId: 'user-42', sessionId: `session-${functionId}` },
    telemetry: { functionId, includeRuntimeContext: { userId: true, sessionId: true } },
    ...options,
  });

const tools = {
  get_weather: tool({ description: 'weather', inputSchema: z.object({ city: z.string() }), execute: async ({ city }) => ({ city, celsius: 21 }) }),
  pay: tool({
    description: 'pay',
    inputSchema: z.object({ amount: z.number() }),
    execute: async () => {
      throw new Error('payment gateway timeout');
    },
  }),
};
await run('weather-agent', { tools, system: 'You know the weather.', prompt: 'Weather in Paris? I am alice@example.com' });

const files = { delete_file: tool({ description: 'delete', inputSchema: z.object({ path: z.string() }), execute: async ({ path }) => `deleted ${path}` }) };
for (const [name, approved, reason] of [['approved', true, 'looks fine'], ['denied', false, 'not that one']]) {
  const messages = [{ role: 'user', content: `Delete ${name}` }];
  const toolApproval = { delete_file: 'user-approval' };
  const asked = await run('file-agent', { tools: files, toolApproval, messages });
  const request = asked.content.find((part) => part.type === 'tool-approval-request');
  messages.push(...asked.responseMessages, { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: request.approvalId, approved, reason }] });
  await run('file-agent', { tools: files, toolApproval, messages });
}
await run('file-agent', { tools: files, toolApproval: { delete_file: { type: 'denied', reason: 'deletes are disabled' } }, prompt: 'Delete forbidden' });

const desk = {
  ask_billing: tool({
    description: 'ask the billing agent',
    inputSchema: z.object({ question: z.string() }),
    execute: async ({ question }) => (await run('billing-agent', { prompt: question })).text,
  }),
};
await run('desk-agent', { tools: desk, prompt: 'Refund order A1, please' });

model.close();
await provider.shutdown();
