// LangChain's agents on LangGraph with OpenInference's instrumentation: a run with a tool that works and one
// that fails; a call that waits for a person, approved and rejected; a graph that hands over by a command.
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import * as CallbackManager from '@langchain/core/callbacks/manager';
import { Annotation, Command, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, humanInTheLoopMiddleware, tool } from 'langchain';
import { z } from 'zod';
import { answered, fakeModel } from './fakemodel.mjs';
import { startTelemetry } from './telemetry.mjs';

const provider = startTelemetry('client-langgraph');
new LangChainInstrumentation({ tracerProvider: provider }).manuallyInstrument(CallbackManager);

const fake = await fakeModel((messages) => {
  const ask = messages.findLast((m) => m.role === 'user').content;
  const call = (id, name, args) => (answered(messages, id) ? undefined : { calls: [{ id, name, args }] });
  if (ask.startsWith('Weather')) {
    return call('call_weather', 'get_weather', { city: 'Paris' }) ?? call('call_pay', 'pay', { amount: 5 }) ?? { text: 'It is 21C; the payment failed.' };
  }
  const file = ask.match(/Delete (\S+)/)?.[1];
  if (file) return call(`call_delete_${file}`, 'delete_file', { path: `/tmp/${file}` }) ?? { text: 'Done.' };
  return { text: 'Refunded.' };
});
const model = new ChatOpenAI({ model: 'gpt-fake', apiKey: 'none', maxRetries: 0, configuration: { baseURL: fake.url } });

const fn = (name, schema, execute) => tool(execute, { name, description: name, schema: z.object(schema) });
const session = (id) => ({ configurable: { thread_id: id }, metadata: { session_id: id, user_id: 'user-42' } });

const weather = createAgent({
  model,
  name: 'weather_agent',
  systemPrompt: 'You know the weather.',
  tools: [
    fn('get_weather', { city: z.string() }, async ({ city }) => `${city}: 21C`),
    fn('pay', { amount: z.number() }, async () => {
      throw new Error('payment gateway timeout');
    }),
  ],
});
await weather
  .invoke({ messages: [{ role: 'user', content: 'Weather in Paris? I am alice@example.com' }] }, session('session-weather'))
  .catch((e) => {
    if (!String(e).includes('payment gateway timeout')) throw e; // some versions let it through
  });

const ops = createAgent({
  model,
  name: 'ops_agent',
  tools: [fn('delete_file', { path: z.string() }, async ({ path }) => `deleted ${path}`)],
  middleware: [humanInTheLoopMiddleware({ interruptOn: { delete_file: { allowedDecisions: ['approve', 'reject'] } } })],
  checkpointer: new MemorySaver(),
});
for (const decision of [{ type: 'approve' }, { type: 'reject', message: 'not that one' }]) {
  const thread = session(`session-${decision.type}`);
  await ops.invoke({ messages: [{ role: 'user', content: `Delete ${decision.type}` }] }, thread);
  await ops.invoke(new Command({ resume: { decisions: [decision] } }), thread);
}

const State = Annotation.Root({ answer: Annotation() });
const desk = new StateGraph(State)
  .addNode('triage', () => new Command({ goto: 'billing' }), { ends: ['billing'] })
  .addNode('billing', async () => ({ answer: (await model.invoke('refund order A1')).content }))
  .addEdge(START, 'triage')
  .compile({ name: 'desk' });
await desk.invoke({ answer: '' }, session('session-desk'));

fake.close();
await provider.shutdown();
