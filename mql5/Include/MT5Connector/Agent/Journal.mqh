//+------------------------------------------------------------------+
//|                                                      Journal.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_JOURNAL_MQH
#define MT5CONNECTOR_AGENT_JOURNAL_MQH
#include <MT5Connector/Agent/JournalFile.mqh>
#include <MT5Connector/Agent/JournalMemory.mqh>
#include <MT5Connector/Agent/TerminalReader.mqh>

//+------------------------------------------------------------------+
//| The durable memory of the agent (docs/protocol.md, 6.4)        |
//+------------------------------------------------------------------+
class CJournal : public CJournalMemory
  {
private:
   CJournalFile      m_file;
   string            m_pending[];
   long              m_base_ms;
   long              m_retention_ms;
   int               m_entries_max;
   long              m_image_bytes;
   string            m_fault;
   void              Queue(const string record);
public:
                     CJournal(void);
   bool              Open(const long login,const string server,const int entries_max,const long retention_ms);
   void              Close(void);
   bool              IsOpen(void) const { return(m_file.IsOpen()); }
   string            Fault(void) const { return(m_fault); }
   bool              FlushesDisk(void) const { return(m_file.FlushesDisk()); }
   bool              HasRoom(const bool closes) const;
   int               Stage(const string client,const string id,const long now);
   void              Unstage(const int slot);
   int               AddTombstone(const string client,const string id,const long now);
   void              Settle(const int slot,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome);
   bool              Acknowledge(const string client,const string id);
   bool              Commit(void);
   bool              IsBroken(void) const { return(m_file.IsRagged()); }
   int               DropOld(const long now,int &dropped[]);
  };
//+------------------------------------------------------------------+
//| Closed                                                         |
//+------------------------------------------------------------------+
CJournal::CJournal(void)
  {
   m_base_ms=0;
   m_retention_ms=0;
   m_entries_max=0;
   m_image_bytes=0;
   m_fault="";
  }
//+------------------------------------------------------------------+
//| Takes the journal of an account, reads it and raises the epoch durably|
//+------------------------------------------------------------------+
bool CJournal::Open(const long login,const string server,const int entries_max,const long retention_ms)
  {
   string records[];
   string name="";
   m_retention_ms=retention_ms;
   m_entries_max=entries_max;
   for(int i=0; i<StringLen(server); i++)
     {
      int  unit=(int)StringGetCharacter(server,i);
      bool plain=(unit>='0' && unit<='9') || (unit>='A' && unit<='Z') || (unit>='a' && unit<='z') || unit=='-';
      if(plain)
         name+=StringSubstr(server,i,1);
      else
         name+="_";
     }
   if(!m_file.Open("MT5Connector\\journal-"+(string)login+"-"+name+".log",records))
     {
      m_fault=m_file.Fault();
      m_file.Close();
      return(false);
     }
   for(int k=0; k<ArraySize(records); k++)
      if(!Apply(records[k]))
        {
         m_fault="record "+(string)k+" of the journal is not understood; it was written by another version";
         m_file.Close();
         return(false);
        }
   bool fresh=ArraySize(records)==0;
   if(!fresh && (m_login!=login || m_server!=server))
     {
      m_fault="the journal belongs to account "+(string)m_login+" on "+m_server+"; log the terminal in there, or move the journal away";
      m_file.Close();
      return(false);
     }
   long utc=(long)TimeGMT();
   //--- UTC keeps epochs apart even when what was stored is lost
   m_epoch++;
   if(utc>m_epoch)
      m_epoch=utc;
   m_base_ms=m_last_ms;
   m_login=login;
   m_server=server;
   if(fresh)
     {
      m_floor_epoch=m_epoch;
      m_floor_issued=0;
      m_floor_utc=CTerminalReader::UtcMs();
      if(Image(records) && m_file.Replace(records))
         return(true);
     }
   else
     {
      Queue(EpochRecord());
      if(Commit())
         return(true);
     }
   m_fault="the journal cannot be written; see that the disk has room and MQL5\\Files may be written to";
   m_file.Close();
   return(false);
  }
//+------------------------------------------------------------------+
//| Lets go                                                        |
//+------------------------------------------------------------------+
void CJournal::Close(void)
  {
   if(ArraySize(m_pending)>0 && !Commit())
      Print("MT5Connector: the journal could not be written at the end");
   m_file.Close();
  }
//+------------------------------------------------------------------+
//| Whether there is room for one entry more; closes have some in reserve|
//+------------------------------------------------------------------+
bool CJournal::HasRoom(const bool closes) const
  {
   int room=m_entries_max;
   if(closes)
      room+=AGENT_CLOSE_RESERVE;
   return(m_index.Count()<room);
  }
//+------------------------------------------------------------------+
//| Puts a record in the queue of the next write                   |
//+------------------------------------------------------------------+
void CJournal::Queue(const string record)
  {
   int count=ArraySize(m_pending);
   if(ArrayResize(m_pending,count+1,256)!=count+1)
      return;
   m_pending[count]=record;
  }
//+------------------------------------------------------------------+
//| Enters a command, which is known from now on; what it is made of is filled in before its record is queued by Settle or Commit|
//+------------------------------------------------------------------+
int CJournal::Stage(const string client,const string id,const long now)
  {
   int slot=AddEntry(client,id);
   if(slot<0)
      return(-1);
   entries[slot].epoch=m_epoch;
   entries[slot].is_command=true;
   entries[slot].stored_ms=m_base_ms+now;
   entries[slot].utc_ms=CTerminalReader::UtcMs();
   m_last_ms=entries[slot].stored_ms;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Forgets a command that could not be made durable               |
//+------------------------------------------------------------------+
void CJournal::Unstage(const int slot)
  {
   for(int i=ArraySize(m_sequence)-1; i>=0; i--)
      if(m_sequence[i]==slot)
        {
         m_sequence[i]=-1;
         break;
        }
   m_index.Remove(slot);
  }
//+------------------------------------------------------------------+
//| Enters a tombstone for an unknown id, or makes sure that one is durable|
//+------------------------------------------------------------------+
int CJournal::AddTombstone(const string client,const string id,const long now)
  {
   int slot=Find(client,id);
   if(slot<0)
     {
      slot=AddEntry(client,id);
      if(slot<0)
         return(-1);
      entries[slot].epoch=m_epoch;
      entries[slot].issued_at=now;
      entries[slot].stored_ms=m_base_ms+now;
      entries[slot].utc_ms=CTerminalReader::UtcMs();
      entries[slot].state=OUTCOME_VOID;
      entries[slot].outcome=CEntryWriter::Tombstone(id,"",m_floor_utc);
      m_last_ms=entries[slot].stored_ms;
     }
   Queue(CEntryWriter::SettledRecord(entries[slot]));
   if(Commit())
      entries[slot].durable=true;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Gives an entry its outcome and queues that; certain ones are never replaced, but deals may be added to an executed one|
//+------------------------------------------------------------------+
void CJournal::Settle(const int slot,const ENUM_OUTCOME_STATE state,const long retcode,const ulong ticket,const string outcome)
  {
   ENUM_OUTCOME_STATE before=entries[slot].state;
   bool completes=before==OUTCOME_EXECUTED && state==OUTCOME_EXECUTED;
   if((before==OUTCOME_EXECUTED || before==OUTCOME_REJECTED || before==OUTCOME_VOID) && !completes)
      return;
   entries[slot].state=state;
   entries[slot].retcode=retcode;
   entries[slot].order=ticket;
   entries[slot].outcome=outcome;
   if(!completes)
     {
      m_settled++;
      entries[slot].settled_no=m_settled;
     }
   Queue(CEntryWriter::SettledRecord(entries[slot]));
  }
//+------------------------------------------------------------------+
//| Notes that a client has an outcome                             |
//+------------------------------------------------------------------+
bool CJournal::Acknowledge(const string client,const string id)
  {
   int slot=Find(client,id);
   if(slot<0 || entries[slot].acknowledged || (entries[slot].state!=OUTCOME_EXECUTED && entries[slot].state!=OUTCOME_REJECTED))
      return(false);
   entries[slot].acknowledged=true;
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"k","ack");
   CRecordWriter::Word(json,"c",client);
   CRecordWriter::Word(json,"id",id);
   json.EndObject();
   Queue(json.Whole());
   return(true);
  }
//+------------------------------------------------------------------+
//| Makes everything durable. False: what was staged is not, and cannot come back unless the journal is broken (IsBroken)|
//+------------------------------------------------------------------+
bool CJournal::Commit(void)
  {
   string records[];
   int    first=-1;
   int    count=ArraySize(m_pending);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int place=ArraySize(m_sequence)-1-i;
      int slot=m_sequence[place];
      //--- what is staged stands behind the last durable command, perhaps with tombstones between
      if(slot>=0 && entries[slot].is_command && entries[slot].durable)
         break;
      if(slot>=0 && entries[slot].is_command)
         first=place;
     }
   if(ArrayResize(records,0,256)!=0)
      return(false);
   int size=0;
   if(first>=0)
      for(int k=first; k<ArraySize(m_sequence); k++)
        {
         if(m_sequence[k]<0 || !entries[m_sequence[k]].is_command)
            continue;
         if(ArrayResize(records,size+1,256)!=size+1)
            return(false);
         records[size]=CEntryWriter::CommandRecord(entries[m_sequence[k]]);
         size++;
        }
   int staged=size;
   if(ArrayResize(records,size+count,256)!=size+count)
      return(false);
   for(int p=0; p<count; p++)
      records[size+p]=m_pending[p];
   if(staged+count==0 && !m_file.IsRagged())
      return(true);
   if(!m_file.IsRagged() && m_file.Append(records))
     {
      if(first>=0)
         for(int d=first; d<ArraySize(m_sequence); d++)
            if(m_sequence[d]>=0 && entries[m_sequence[d]].is_command)
               entries[m_sequence[d]].durable=true;
      if(ArrayResize(m_pending,0,256)!=0)
         return(false);
      if(m_file.Bytes()>4194304 && m_file.Bytes()>2*m_image_bytes && Image(records))
        {
         if(!m_file.Replace(records))
            Print("MT5Connector: the journal could not be compacted");
         m_image_bytes=m_file.Bytes();
        }
      return(true);
     }
   //--- the image leaves out what is not durable, so that it cannot come back; outcomes are in it
   if(Image(records) && m_file.Replace(records) && ArrayResize(m_pending,0,256)==0)
      return(staged==0);
   return(false);
  }
//+------------------------------------------------------------------+
//| Drops entries older than the retention and raises the floor; gives their slots|
//+------------------------------------------------------------------+
int CJournal::DropOld(const long now,int &dropped[])
  {
   int  count=0;
   int  kept=0;
   bool young=false;
   long before=m_base_ms+now-m_retention_ms;
   if(m_base_ms+now>m_last_ms)
      m_last_ms=m_base_ms+now;
   if(ArrayResize(dropped,0)!=0)
      return(0);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0)
         continue;
      young=young || entries[slot].stored_ms>before;
      //--- what is on its way to the trade server must be known until its answer is
      if(young || entries[slot].state==OUTCOME_PENDING || ArrayResize(dropped,count+1,64)!=count+1)
        {
         m_sequence[kept]=slot;
         kept++;
         continue;
        }
      if(CNames::Before(m_floor_epoch,m_floor_issued,entries[slot].epoch,entries[slot].issued_at+1))
        {
         m_floor_epoch=entries[slot].epoch;
         m_floor_issued=entries[slot].issued_at+1;
        }
      if(entries[slot].utc_ms>m_floor_utc)
         m_floor_utc=entries[slot].utc_ms;
      dropped[count]=slot;
      count++;
      m_index.Remove(slot);
     }
   if(ArrayResize(m_sequence,kept,4096)!=kept)
      return(count);
   if(count>0)
      Queue(FloorRecord());
   return(count);
  }
#endif
//+------------------------------------------------------------------+
