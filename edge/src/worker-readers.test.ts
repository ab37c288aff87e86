/** Readers of the Worker edge that vanish, and those who want too much. */
import { limitsContract } from '../test/limits-contract.ts';
import { vanishingContract } from '../test/vanishing-contract.ts';
import { startWorkerEdge } from '../test/worker-edge.ts';

vanishingContract('the Worker edge', startWorkerEdge);

limitsContract('the Worker edge', startWorkerEdge, (address) => ({ 'CF-Connecting-IP': address }));
