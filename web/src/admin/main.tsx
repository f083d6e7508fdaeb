import { render } from 'preact';
import '../styles.css';
import './admin.css';
import { AdminApp } from './admin-app.js';

const page = document.getElementById('page');
if (page !== null) render(<AdminApp />, page);
