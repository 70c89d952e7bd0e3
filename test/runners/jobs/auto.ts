/** A job that decides about the roles before anything else. */
import 'rolecall/auto';
import './loud.ts';
import './roles.ts';
