/** What the panel fetches before its tables: here they are imported. */
import { adoptTables, type Tables } from '../api/tables';
import tables from '../api/tables.json';

adoptTables(tables as unknown as Tables);
