// The decision by hand in Express.
import express from 'express';
import { decide } from './decide.mjs';

const app = express();
app.use(express.json());
app.post('/office', (request, response) => response.json(decide(request.body)));
app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: error.message }));
app.listen(Number(process.argv[2]), '127.0.0.1');
