// The OpenAI Agents SDK with OpenInference's instrumentation: a run with a tool that works and one that
// fails; a call that a person approves and one that a person rejects; a handoff; a guardrail that trips.
import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';
import * as agents from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';
import { answered, fakeModel } from './fakemodel.mjs';
import { startTelemetry } from './telemetry.mjs';

const provider = startTelemetry('client-openai-agents');
new OpenAIAgentsInstrumentation({ tracerProvider: provider }).manuallyInstrument(agents);

const model = await fakeModel((messages) => {
  const system = messages.find((m) => m.role === 'system')?.content ?? '';
  const ask = messages.findLast((m) => m.role === 'user').content;
  const call = (id, name, args) => (answered(messages, id) ? undefined : { calls: [{ id, name, args }] });
  if (ask.startsWith('Weather')) {
    return call('call_weather', 'get_weather', { city: 'Paris' }) ?? call('call_pay', 'pay', { amount: 5 }) ?? { text: 'It is 21C; the payment failed.' };
  }
  const file = ask.match(/Delete (\S+)/)?.[1];
  if (file) return call(`call_delete_${file}`, 'delete_file', { path: `/tmp/${file}` }) ?? { text: 'Done.' };
  if (system.includes('triage')) return { calls: [{ id: 'call_handoff', name: 'transfer_to_billing_agent', args: {} }] };
  return { text: 'Refunded.' };
});
agents.setDefaultOpenAIClient(new OpenAI({ baseURL: model.url, apiKey: 'none', maxRetries: 0 }));

const fn = (name, parameters, execute, more = {}) => agents.tool({ name, description: name, parameters: z.object(parameters), execute, ...more });
const failing = async () => {
  throw new Error('payment gateway timeout');
};
const weather = new agents.Agent({
  name: 'weather_agent',
  model: 'gpt-fake',
  instructions: 'You know the weather.',
  tools: [fn('get_weather', { city: z.string() }, async ({ city }) => `${city}: 21C`), fn('pay', { amount: z.number() }, failing)],
});
await agents.run(weather, 'Weather in Paris? I am alice@example.com');

const ops = new agents.Agent({
  name: 'ops_agent',
  model: 'gpt-fake',
  instructions: 'You manage files.',
  tools: [fn('delete_file', { path: z.string() }, async ({ path }) => `deleted ${path}`, { needsApproval: true })],
});
for (const decide of ['approve', 'reject']) {
  const asked = await agents.run(ops, `Delete ${decide}d`);
  asked.state[decide](asked.interruptions[0]);
  await agents.run(ops, asked.state);
}

const billing = new agents.Agent({ name: 'billing_agent', model: 'gpt-fake', instructions: 'You refund.' });
const triage = agents.Agent.create({ name: 'triage_agent', model: 'gpt-fake', instructions: 'You are the triage desk.', handoffs: [billing] });
await agents.run(triage, 'I want a refund');

const guarded = new agents.Agent({
  name: 'guarded_agent',
  model: 'gpt-fake',
  instructions: 'You help.',
  inputGuardrails: [{ name: 'no_secrets', execute: async () => ({ tripwireTriggered: true, outputInfo: { found: 'a secret' } }) }],
});
await agents.run(guarded, 'here is my secret').catch((e) => {
  if (!(e instanceof agents.InputGuardrailTripwireTriggered)) throw e;
});

model.close();
await provider.shutdown();
