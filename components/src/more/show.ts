/** For npm's entries: everything comes with the elements. */
import './write.ts';
import { later } from '../later.ts';
import { look } from './look.ts';

later._look = look;
