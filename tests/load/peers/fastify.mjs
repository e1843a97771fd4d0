// The decision by hand in Fastify.
import Fastify from 'fastify';
import { decide } from './decide.mjs';

const app = Fastify({ logger: false });
app.post('/office', async (request) => decide(request.body));
app.setErrorHandler((error, _request, reply) => reply.status(error.status ?? error.statusCode ?? 500).send({ error: error.message }));
await app.listen({ port: Number(process.argv[2]), host: '127.0.0.1' });
